package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import dev.sayiir.persistence.SnapshotStore;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** R23: no credential and no whole URL in a log line or an exception message, whatever goes wrong. */
class SecretsTest extends StarterTest {

    private static final String SECRET = "open-sesame-4711";

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final Map<Logger, Level> levels = new LinkedHashMap<>();
    private final List<ch.qos.logback.core.Appender<ILoggingEvent>> appenders = new ArrayList<>();
    private Logger root;

    @BeforeEach
    void logEverything() {
        new JdbcTemplate(database.dataSource())
                .execute("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'keeper') THEN"
                        + " CREATE ROLE keeper SUPERUSER LOGIN PASSWORD '" + SECRET + "'; END IF; END $$");
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.iteratorForAppenders().forEachRemaining(appenders::add);
        appenders.forEach(root::detachAppender);
        context.getLoggerList().stream()
                .filter(logger -> logger.getLevel() != null)
                .forEach(logger -> levels.put(logger, logger.getLevel()));
        levels.keySet().forEach(logger -> logger.setLevel(Level.DEBUG));
        log.start();
        root.addAppender(log);
    }

    @AfterEach
    void logAsBefore() {
        root.detachAppender(log);
        levels.forEach(Logger::setLevel);
        appenders.forEach(root::addAppender);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?user=keeper&password=" + SECRET})
    void R23_nothing_is_shown_when_all_is_well(String parameters) {
        application
                .withPropertyValues(
                        "sayiir.postgres.url=" + database.url() + parameters,
                        "sayiir.postgres.username=keeper",
                        "sayiir.postgres.password=" + SECRET)
                .run(context -> {
                    context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
                    SayiirPostgresProperties properties = context.getBean(SayiirPostgresProperties.class);
                    assertThat(properties.password()).isEqualTo(SECRET);
                    assertThat(properties.toString()).doesNotContain(SECRET, "keeper", database.url());
                });
        assertThat(logged(Level.DEBUG)).isNotEmpty().doesNotContain(SECRET);
        assertThat(logged(Level.INFO)).doesNotContain(database.url());
    }

    @Test
    void R23_nothing_is_shown_when_the_database_is_not_there() {
        String url = database.url().replaceAll("/\\w+$", "/nowhere") + "?password=" + SECRET;
        application
                .withPropertyValues(
                        "sayiir.postgres.url=" + url,
                        "sayiir.postgres.username=keeper",
                        "sayiir.postgres.password=" + SECRET)
                .run(context -> assertThat(stackTrace(context.getStartupFailure()))
                        .contains("nowhere")
                        .doesNotContain(SECRET, "jdbc:postgresql://"));
        assertThat(logged(Level.DEBUG)).isNotEmpty().doesNotContain(SECRET);
        assertThat(logged(Level.INFO)).doesNotContain("jdbc:postgresql://");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://keeper:" + SECRET + "@localhost/shop",
                "jdbc:postgresql://localhost:port/shop?password=" + SECRET,
                "jdbc:mysql://localhost/shop?pwd=" + SECRET,
                "postgres://keeper:" + SECRET + "@localhost/shop"
            })
    void R23_a_url_that_cannot_be_used_is_refused_without_showing_it(String url) {
        application
                .withPropertyValues("sayiir.postgres.url=" + url)
                .run(context -> assertThat(stackTrace(context.getStartupFailure()))
                        .contains(
                                "sayiir.postgres.url",
                                "jdbc:postgresql://host:port/database",
                                "sayiir.postgres.password")
                        .doesNotContain(SECRET, "localhost"));
        assertThat(logged(Level.DEBUG)).doesNotContain(SECRET);
    }

    private String logged(Level atLeast) {
        StringBuilder text = new StringBuilder();
        for (ILoggingEvent event : log.list) {
            if (event.getLevel().isGreaterOrEqual(atLeast)) {
                text.append(event.getLoggerName())
                        .append(" - ")
                        .append(event.getFormattedMessage())
                        .append('\n');
                if (event.getThrowableProxy() != null) {
                    text.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
                }
            }
        }
        return text.toString();
    }

    private static String stackTrace(Throwable failure) {
        StringWriter text = new StringWriter();
        failure.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
