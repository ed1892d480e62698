package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.codec.JsonSnapshotCodec;
import dev.sayiir.codec.SmileSnapshotCodec;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.PostgresBackendBuilder;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.jdbc.core.JdbcTemplate;

class SayiirPostgresAutoConfigurationTest extends StarterTest {

    private static final int ENVELOPE_BYTES = 6;

    @ParameterizedTest
    @ValueSource(
            classes = {
                SnapshotStore.class,
                TaskResultStore.class,
                SnapshotHistory.class,
                WorkflowQueries.class,
                SignalStore.class,
                TaskClaimStore.class,
                EventLog.class
            })
    void the_one_backend_is_injectable_by_each_interface(Class<?> store) {
        onApplicationDatabase()
                .run(context -> assertThat(context)
                        .getBean(store)
                        .isInstanceOf(PostgresBackend.class)
                        .isSameAs(context.getBean(PostgresBackend.class)));
    }

    @Test
    void it_saves_and_loads() {
        onApplicationDatabase().run(context -> {
            SnapshotStore store = context.getBean(SnapshotStore.class);
            WorkflowSnapshot saved = store.createSnapshot(order("order-1"));
            assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        });
    }

    @Test
    void it_can_be_switched_off() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.enabled=false", "sayiir.postgres.url=" + database.url())
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .hasSingleBean(DataSource.class)
                            .doesNotHaveBean(SnapshotStore.class)
                            .doesNotHaveBean(SnapshotCodecs.class);
                    assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                            .isFalse();
                });
    }

    @Test
    void the_tables_are_in_schema_sayiir_unless_another_one_is_named() {
        onApplicationDatabase()
                .run(context -> assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                        .isTrue());
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.schema=Order \"Flows\"")
                .run(context -> {
                    context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
                    assertThat(hasTable(database.dataSource(), "Order \"Flows\"", "sayiir_workflows"))
                            .isTrue();
                });
    }

    @Test
    void a_schema_name_that_cannot_be_is_refused_with_the_name_of_the_property() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.schema=pg_flows")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("pg_flows"));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.schema=pg_flows")
                .run(context -> assertThat(context).getFailure().hasMessageContaining("sayiir.postgres.schema"));
    }

    @Test
    void snapshots_are_written_as_json_unless_another_codec_is_named() {
        onApplicationDatabase()
                .run(context -> assertThat(writtenWith(context.getBean(SnapshotStore.class)))
                        .isEqualTo(SnapshotCodec.JSON_ID));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.codec=smile")
                .run(context -> {
                    SnapshotStore store = context.getBean(SnapshotStore.class);
                    assertThat(writtenWith(store)).isEqualTo(SnapshotCodec.SMILE_ID);
                });
    }

    @Test
    void a_codec_bean_is_chosen_by_its_name() {
        onApplicationDatabase()
                .withBean(SnapshotCodec.class, () -> new OwnCodec(64, "own"))
                .withPropertyValues("sayiir.postgres.codec=own")
                .run(context -> assertThat(writtenWith(context.getBean(SnapshotStore.class)))
                        .isEqualTo(64));
    }

    @Test
    void a_codec_bean_that_is_not_chosen_still_reads() {
        onApplicationDatabase()
                .withBean(SnapshotCodec.class, () -> new OwnCodec(64, "own"))
                .withPropertyValues("sayiir.postgres.codec=own")
                .run(context -> context.getBean(SnapshotStore.class).createSnapshot(order("order-1")));
        onApplicationDatabase()
                .withBean("own", SnapshotCodec.class, () -> new OwnCodec(64, "own"))
                .withBean("json", SnapshotCodec.class, SmileSnapshotCodec::new)
                .run(context -> {
                    SnapshotStore store = context.getBean(SnapshotStore.class);
                    assertThat(store.loadSnapshot("order-1"))
                            .extracting("version")
                            .isEqualTo(1L);
                    assertThat(writtenWith(store)).isEqualTo(SnapshotCodec.JSON_ID);
                });
    }

    @Test
    void an_unknown_codec_is_refused_with_the_property_and_the_accepted_names() {
        onApplicationDatabase()
                .withBean(SnapshotCodec.class, () -> new OwnCodec(64, "own"))
                .withPropertyValues("sayiir.postgres.codec=xml")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.codec")
                        .hasMessageContaining("'xml'")
                        .hasMessageContaining("json, smile, own"));
    }

    @Test
    void a_codec_bean_with_the_name_of_another_one_is_refused() {
        onApplicationDatabase()
                .withBean(SnapshotCodec.class, () -> new OwnCodec(64, "json"))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.codec")
                        .hasMessageContaining("several"));
    }

    @Test
    void it_backs_off_from_a_backend_of_the_application() {
        onApplicationDatabase()
                .withUserConfiguration(OwnBackend.class)
                .withPropertyValues(settings("sayiir.postgres", database))
                .run(context -> {
                    assertThat(context)
                            .hasSingleBean(PostgresBackend.class)
                            .hasBean("ownBackend")
                            .hasSingleBean(DataSource.class);
                    context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
                    assertThat(hasTable(database.dataSource(), "mine", "sayiir_workflows"))
                            .isTrue();
                    assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                            .isFalse();
                });
    }

    @Test
    void it_backs_off_from_a_store_of_the_application() {
        application
                .withBean(InMemoryBackend.class)
                .withPropertyValues(settings("spring.datasource", database))
                .run(context ->
                        assertThat(context).hasSingleBean(SnapshotStore.class).doesNotHaveBean(PostgresBackend.class));
    }

    @Test
    void customizers_change_the_backend_in_their_order_after_the_properties() {
        List<String> called = new ArrayList<>();
        onApplicationDatabase()
                .withBean("second", SayiirPostgresCustomizer.class, () -> new Customizer(2, called, "smile"))
                .withBean("first", SayiirPostgresCustomizer.class, () -> new Customizer(1, called, "json"))
                .withPropertyValues("sayiir.postgres.codec=json")
                .run(context -> {
                    assertThat(called).containsExactly("json", "smile");
                    assertThat(writtenWith(context.getBean(SnapshotStore.class)))
                            .isEqualTo(SnapshotCodec.SMILE_ID);
                });
    }

    @Test
    void the_codecs_back_off_from_those_of_the_application() {
        onApplicationDatabase()
                .withBean(
                        SnapshotCodecs.class,
                        () -> SnapshotCodecs.writing(new SmileSnapshotCodec()).build())
                .run(context -> assertThat(writtenWith(context.getBean(SnapshotStore.class)))
                        .isEqualTo(SnapshotCodec.SMILE_ID));
    }

    /** The id of the codec with which the store writes now. */
    private int writtenWith(SnapshotStore store) {
        store.saveSnapshot(order("probe"));
        byte[] data = new JdbcTemplate(database.dataSource())
                .queryForObject(
                        "SELECT data FROM sayiir.sayiir_workflow_history WHERE instance_id = 'probe'"
                                + " ORDER BY version DESC LIMIT 1",
                        byte[].class);
        assertThat(data).isNotNull().hasSizeGreaterThan(ENVELOPE_BYTES);
        return data[ENVELOPE_BYTES - 1];
    }

    record Customizer(int getOrder, List<String> called, String codec) implements SayiirPostgresCustomizer, Ordered {

        @Override
        public void customize(PostgresBackendBuilder backend) {
            called.add(codec);
            backend.codecs(
                    SnapshotCodecs.writing(codec.equals("json") ? new JsonSnapshotCodec() : new SmileSnapshotCodec())
                            .build());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnBackend {
        @Bean
        PostgresBackend ownBackend(DataSource dataSource) {
            return PostgresBackend.builder(dataSource).schema("mine").build();
        }
    }
}
