package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdentifiersTest {

    @ParameterizedTest
    @ValueSource(strings = {"a", "\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "\ud83d\ude00"})
    void an_id_may_take_256_bytes_of_UTF_8_and_no_more(String character) {
        String longest = character.repeat(256 / Payload.utf8(character).size());
        longest += "a".repeat(256 - Payload.utf8(longest).size());
        String tooLong = longest + "a";

        assertThat(Identifiers.requireInstanceId(longest)).isEqualTo(longest);
        assertThat(Identifiers.requireTaskId(longest)).isEqualTo(longest);
        assertThat(Identifiers.requireName("tag", longest)).isEqualTo(longest);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.requireInstanceId(tooLong))
                .withMessageContaining("takes 257 bytes in UTF-8; at most 256 are allowed");
    }

    @Test
    void a_fork_id_may_take_1024_bytes() {
        String longest = "ü".repeat(512);

        assertThat(Identifiers.requireForkId(longest)).isEqualTo(longest);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.requireForkId(longest + "a"))
                .withMessageContaining("takes 1025 bytes in UTF-8; at most 1024 are allowed");
    }

    @Test
    void an_id_that_is_too_long_is_shown_by_its_first_20_characters_none_of_them_in_half() {
        String emoji = "\ud83d\ude00";

        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.requireTaskId(emoji.repeat(65)))
                .withMessageContaining("The task id '" + emoji.repeat(20) + "…' takes 260 bytes");
    }

    @Test
    void an_empty_id_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.requireName("tag", ""))
                .withMessageContaining("The tag is empty");
    }

    @Test
    void a_text_may_be_empty_or_of_any_length() {
        String text = "text ".repeat(1000);

        assertThat(Identifiers.requireText("reason", text)).isEqualTo(text);
        assertThat(Identifiers.requireText("reason", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'\u0000', NUL character at index 0",
        "'a\u0000', NUL character at index 1",
        "\ud83d, half a surrogate pair at index 0",
        "a\ude00, half a surrogate pair at index 1",
        "\ud83d\ude00\ud83d, half a surrogate pair at index 2",
        "\ud83d\ud83d\ude00, half a surrogate pair at index 0",
        "\ud83da, half a surrogate pair at index 0",
    })
    void what_PostgreSQL_cannot_store_is_refused_with_its_place(String text, String problem) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.requireText("reason", text))
                .withMessageContaining("The reason has ")
                .withMessageContaining(problem);
    }
}
