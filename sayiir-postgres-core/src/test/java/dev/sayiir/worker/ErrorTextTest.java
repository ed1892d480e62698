package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored, and what is logged, of failures that may be of any kind. */
class ErrorTextTest {

    private static RuntimeException withMessage(String message) {
        return new IllegalStateException(message);
    }

    /** Its message cannot be read. */
    private static class Unreadable extends RuntimeException {

        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new UnsupportedOperationException();
        }
    }

    private static final class WithoutTrace extends Unreadable {

        private static final long serialVersionUID = 1L;

        @Override
        public StackTraceElement[] getStackTrace() {
            throw new UnsupportedOperationException();
        }
    }

    @Test
    void a_failure_is_told_by_its_class_and_its_message() {
        assertThat(ErrorText.of(withMessage("no stock"))).isEqualTo("java.lang.IllegalStateException: no stock");
        assertThat(ErrorText.of(new IllegalStateException())).isEqualTo("java.lang.IllegalStateException");
        assertThat(ErrorText.of(new Unreadable()))
                .isEqualTo(Unreadable.class.getName()
                        + " (its message cannot be read: java.lang.UnsupportedOperationException)");
    }

    @Test
    void a_text_is_cut_after_2000_characters() {
        assertThat(ErrorText.storable("x".repeat(2000))).isEqualTo("x".repeat(2000));
        assertThat(ErrorText.storable("x".repeat(2001))).isEqualTo("x".repeat(1999) + "…");
        assertThat(ErrorText.of(withMessage("x".repeat(5000)))).hasSize(2000).endsWith("x…");
    }

    @Test
    void what_PostgreSQL_cannot_store_is_replaced() {
        assertThat(ErrorText.storable("nul \0, half \ud83d, whole \ud83d\ude00"))
                .isEqualTo("nul \ufffd, half ?, whole \ud83d\ude00");
    }

    @Test
    void an_ordinary_failure_is_logged_as_it_is() {
        RuntimeException failure = new IllegalStateException("no stock", withMessage("sold out"));
        failure.addSuppressed(new IllegalStateException());

        assertThat(ErrorText.loggable(failure)).isSameAs(failure);
    }

    @Test
    void failures_that_are_their_own_causes_are_logged_as_they_are() {
        RuntimeException one = withMessage("one");
        RuntimeException two = new IllegalStateException("two", one);
        one.initCause(two);

        assertThat(ErrorText.loggable(one)).isSameAs(one);
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 101})
    void a_failure_with_very_many_causes_is_logged_by_what_stands_in_for_it(int causes) {
        RuntimeException failure = withMessage("root");
        for (int i = 0; i < causes; i++) {
            failure = new IllegalStateException("cause " + i, failure);
        }

        assertThat(ErrorText.loggable(failure) == failure).isEqualTo(causes == 100);
    }

    @Test
    void a_failure_that_suppresses_very_many_others_is_logged_by_what_stands_in_for_it() {
        RuntimeException failure = withMessage("root");
        for (int i = 0; i < 200; i++) {
            failure.addSuppressed(withMessage("suppressed"));
        }

        assertThat(ErrorText.loggable(failure)).isNotSameAs(failure).hasMessageStartingWith("java.lang.Ill");
    }

    @Test
    void a_failure_with_a_very_long_message_is_logged_by_what_stands_in_for_it() {
        RuntimeException longest = withMessage("x".repeat(49_900));
        RuntimeException tooLong = withMessage("x".repeat(50_000));

        assertThat(ErrorText.loggable(longest)).isSameAs(longest);
        assertThat(ErrorText.loggable(tooLong)).isNotSameAs(tooLong).hasMessage(ErrorText.of(tooLong));
        assertThat(ErrorText.loggable(new IllegalStateException("short", tooLong)))
                .hasMessage("java.lang.IllegalStateException: short")
                .hasNoCause();
    }

    @Test
    void a_failure_that_cannot_be_read_is_logged_by_what_stands_in_for_it_at_its_place() {
        Unreadable failure = new Unreadable();
        Throwable withoutTrace = new WithoutTrace();

        assertThat(ErrorText.loggable(failure)).hasMessage(ErrorText.of(failure));
        assertThat(ErrorText.loggable(failure).getStackTrace()).isEqualTo(failure.getStackTrace());
        assertThat(ErrorText.loggable(withoutTrace)).hasMessage(ErrorText.of(withoutTrace));
    }
}
