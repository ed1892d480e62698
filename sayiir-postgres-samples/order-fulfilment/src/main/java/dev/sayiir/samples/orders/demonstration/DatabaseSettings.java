package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/**
 * Where the database is and who connects to it, as Spring Boot's {@code spring.datasource.*}.
 *
 * @param url its JDBC URL
 * @param username the role to connect as; empty if the URL says so
 * @param password the password of that role
 */
record DatabaseSettings(String url, Optional<String> username, Optional<String> password) {

    private static final String URL = "spring.datasource.url";
    private static final String USERNAME = "spring.datasource.username";
    private static final String PASSWORD = "spring.datasource.password";

    /** What the arguments or environment variables name, if they name one. */
    static Optional<DatabaseSettings> given(PropertySource<?> arguments) {
        StandardEnvironment environment = new StandardEnvironment();
        environment.getPropertySources().addFirst(arguments);
        ConfigurationPropertySources.attach(environment);
        return Optional.ofNullable(environment.getProperty(URL))
                .map(url -> new DatabaseSettings(
                        url,
                        Optional.ofNullable(environment.getProperty(USERNAME)),
                        Optional.ofNullable(environment.getProperty(PASSWORD))));
    }

    static DatabaseSettings of(EmbeddedDatabase database) {
        return new DatabaseSettings(
                database.url(), Optional.of(EmbeddedDatabase.USERNAME), Optional.of(EmbeddedDatabase.PASSWORD));
    }

    /** Properties for an application in this process. */
    Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put(URL, url);
        username.ifPresent(value -> properties.put(USERNAME, value));
        password.ifPresent(value -> properties.put(PASSWORD, value));
        return properties;
    }

    /** Environment variables for one in another process: arguments can be seen by everyone on the machine. */
    Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("SPRING_DATASOURCE_URL", url);
        username.ifPresent(value -> environment.put("SPRING_DATASOURCE_USERNAME", value));
        password.ifPresent(value -> environment.put("SPRING_DATASOURCE_PASSWORD", value));
        return environment;
    }
}
