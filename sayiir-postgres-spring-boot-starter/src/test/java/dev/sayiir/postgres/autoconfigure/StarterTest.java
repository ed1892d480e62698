package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;

/** A database for each test, and a Spring Boot application that has JDBC and this starter. */
abstract class StarterTest {

    Database database;

    final ApplicationContextRunner application = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SslAutoConfiguration.class,
                    SayiirSslAutoConfiguration.class,
                    SayiirDataSourceAutoConfiguration.class,
                    SayiirPostgresAutoConfiguration.class,
                    DataSourceAutoConfiguration.class,
                    DataSourceTransactionManagerAutoConfiguration.class,
                    TransactionAutoConfiguration.class,
                    JdbcTemplateAutoConfiguration.class));

    @BeforeEach
    void createDatabase() {
        database = PostgresServer.of(17).newDatabase();
    }

    @AfterEach
    void dropDatabase() {
        database.close();
    }

    /** The application's own DataSource leads to the database. */
    ApplicationContextRunner onApplicationDatabase() {
        return application.withPropertyValues(settings("spring.datasource", database));
    }

    /** {@code sayiir.postgres.url} leads to the database. */
    ApplicationContextRunner onOwnDatabase() {
        return application.withPropertyValues(settings("sayiir.postgres", database));
    }

    static String[] settings(String prefix, Database database) {
        List<String> settings = new ArrayList<>();
        database.describe(prefix, (name, value) -> settings.add(name + "=" + value.get()));
        return settings.toArray(String[]::new);
    }

    static boolean hasTable(DataSource dataSource, String schema, String table) {
        return Boolean.TRUE.equals(new JdbcTemplate(dataSource)
                .queryForObject(
                        "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = ? AND tablename = ?)",
                        Boolean.class,
                        schema,
                        table));
    }

    static WorkflowSnapshot order(String id) {
        return WorkflowSnapshot.start(id, "fulfilment-v1", Payload.utf8("{}"));
    }
}
