/**
 * Spring Boot auto-configuration: makes a {@link dev.sayiir.postgres.PostgresBackend} from {@code sayiir.postgres.*} and
 * the application's beans.
 */
@NullMarked
package dev.sayiir.postgres.autoconfigure;

import org.jspecify.annotations.NullMarked;
