package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NotifyChannelTest {

    private static final List<String> SCHEMAS = List.of(
            "sayiir", "workflows", "Workflows", "a-b", "a_b", "a\"b", "größe", "日本", "x".repeat(62), "x".repeat(63));

    @Test
    void a_plain_schema_can_be_told_from_its_channel() {
        assertThat(NotifyChannel.of(new SchemaName("sayiir")).name()).isEqualTo("sayiir_ready_sayiir");
    }

    @Test
    void every_schema_has_a_channel_of_its_own_whose_name_needs_no_escapes_and_is_not_cut_off() {
        List<String> channels = SCHEMAS.stream()
                .map(schema -> NotifyChannel.of(new SchemaName(schema)).name())
                .toList();

        assertThat(channels).doesNotHaveDuplicates().allMatch(name -> name.matches("[a-z0-9_]{1,63}"));
    }

    @Test
    void a_channel_for_a_proof_is_used_once() {
        assertThat(NotifyChannel.random().name())
                .matches("[a-z0-9_]{1,63}")
                .isNotEqualTo(NotifyChannel.random().name());
    }
}
