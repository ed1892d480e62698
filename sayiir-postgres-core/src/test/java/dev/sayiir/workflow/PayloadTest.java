package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PayloadTest {

    @Test
    void payloads_are_equal_by_content() {
        assertThat(Payload.utf8("tea")).isEqualTo(Payload.of(new byte[] {'t', 'e', 'a'}));
        assertThat(Payload.utf8("tea")).hasSameHashCodeAs(Payload.of(new byte[] {'t', 'e', 'a'}));
        assertThat(Payload.utf8("tea")).isNotEqualTo(Payload.utf8("Tea")).isNotEqualTo("tea");
        assertThat(Payload.utf8("tea")).doesNotHaveSameHashCodeAs(Payload.utf8("Tea"));
    }

    @Test
    void text_is_kept_as_UTF_8() {
        assertThat(Payload.utf8("tü").bytes()).containsExactly('t', 0xC3, 0xBC);
        assertThat(Payload.of(new byte[] {'t', (byte) 0xC3, (byte) 0xBC}).asUtf8())
                .isEqualTo("tü");
        assertThat(Payload.utf8("tü").size()).isEqualTo(3);
    }

    @Test
    void nothing_can_be_changed_from_outside() {
        byte[] bytes = {1, 2, 3};
        Payload payload = Payload.of(bytes);

        bytes[0] = 9;
        payload.bytes()[1] = 9;

        assertThat(payload.bytes()).containsExactly(1, 2, 3);
    }

    @Test
    void R23_its_content_is_not_printed() {
        assertThat(Payload.utf8("secret")).hasToString("Payload[6 bytes]");
    }
}
