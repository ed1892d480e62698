package dev.sayiir.postgres;

import java.util.Optional;

/** Texts in the order of their bytes in UTF-8, which is that of their code points. */
final class TextOrder {

    private TextOrder() {}

    /** The first text after all that begin with a prefix; empty if nothing is after them. */
    static Optional<String> afterAllWith(String prefix) {
        int end = prefix.length();
        while (end > 0) {
            int last = prefix.codePointBefore(end);
            end -= Character.charCount(last);
            if (last < Character.MAX_CODE_POINT) {
                int next = last + 1 == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : last + 1;
                return Optional.of(new StringBuilder()
                        .append(prefix, 0, end)
                        .appendCodePoint(next)
                        .toString());
            }
        }
        return Optional.empty();
    }
}
