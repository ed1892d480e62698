package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.WakeUps;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.WakeUpState;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** How an application is told to hear from other processes. */
class NotifyPropertiesTest extends StarterTest {

    @Test
    void by_default_the_first_subscription_listens_once_notifications_are_known_to_arrive() {
        onApplicationDatabase().run(context -> {
            PostgresBackend backend = context.getBean(PostgresBackend.class);
            assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.OFF);
            context.getBean(WakeUps.class).onWakeUp(source -> {});
            await().until(() -> backend.wakeUpState() == WakeUpState.LISTENING);
        });
    }

    @Test
    void notify_mode_poll_never_listens() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.notify.mode=poll")
                .run(context -> {
                    context.getBean(WakeUps.class).onWakeUp(source -> {});
                    assertThat(context.getBean(PostgresBackend.class).wakeUpState())
                            .isEqualTo(WakeUpState.OFF);
                });
    }

    @Test
    void notify_url_is_where_the_listener_connects_with_its_own_user_and_password() {
        onApplicationDatabase()
                .withPropertyValues(
                        "sayiir.postgres.notify.mode=listen",
                        "sayiir.postgres.notify.url=" + database.url() + "?ApplicationName=listener",
                        "sayiir.postgres.notify.username=" + database.username(),
                        "sayiir.postgres.notify.password=" + database.password())
                .run(context -> {
                    context.getBean(WakeUps.class).onWakeUp(source -> {});
                    await().until(() -> isConnected("listener"));
                });
    }

    @Test
    void a_notify_url_that_cannot_be_used_or_has_no_user_fails_the_start_and_is_not_shown() {
        onApplicationDatabase()
                .withPropertyValues(
                        "sayiir.postgres.notify.url=jdbc:unknown:secret", "sayiir.postgres.notify.username=x")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.notify.url")
                        .hasMessageNotContaining("secret"));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.notify.url=" + database.url())
                .run(context ->
                        assertThat(context).getFailure().rootCause().hasMessageContaining("no user to connect as"));
    }

    private boolean isConnected(String application) {
        return Boolean.TRUE.equals(new JdbcTemplate(database.dataSource())
                .queryForObject(
                        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = ?)",
                        Boolean.class,
                        application));
    }
}
