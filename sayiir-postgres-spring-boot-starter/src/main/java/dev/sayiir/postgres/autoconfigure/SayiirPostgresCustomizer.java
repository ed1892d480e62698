package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.PostgresBackendBuilder;

/**
 * Changes how the auto-configured {@link PostgresBackend} is built. All beans of this type are called in their order,
 * after the properties have been applied.
 *
 * <pre>{@code
 * @Bean
 * SayiirPostgresCustomizer patience() {
 *     return backend -> backend.statementTimeout(Duration.ofSeconds(30));
 * }
 * }</pre>
 *
 * <p>The schema is set up before and apart from this, by the properties: what is said here of schema and migration is not.
 */
@FunctionalInterface
public interface SayiirPostgresCustomizer {

    /**
     * @param backend the builder that the backend is made with
     */
    void customize(PostgresBackendBuilder backend);
}
