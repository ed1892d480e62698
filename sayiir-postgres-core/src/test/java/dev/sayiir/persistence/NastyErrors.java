package dev.sayiir.persistence;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** Errors of which two implementations could make different fingerprints. */
public final class NastyErrors {

    private static final String[] PARTS = {
        "a",
        "Z",
        "0",
        "9",
        "_",
        "-",
        "'",
        "\"",
        "`",
        "#",
        " ",
        "\t",
        "\n",
        "\r",
        "\f",
        "\u000b",
        "\\",
        "\\1",
        "$1",
        "&",
        "\\&",
        "é",
        "ß",
        "İ",
        "٣",
        "Ⅷ",
        "😀",
        "\u00a0",
        "\u2028",
        "\u0085",
        "\u0001",
        "\u007f",
        "%",
        ".",
        "*",
        "(?i)",
        "***=",
        "[[:alpha:]]",
        "id-17",
        "order",
        "'x'",
        "can't",
        "won't",
        "0x7fff",
        "1.5e-3",
        "2026-01-01T00:00:00Z"
    };

    /** The same in every run. */
    public static final List<String> ALL = all();

    private NastyErrors() {}

    private static List<String> all() {
        List<String> errors = new ArrayList<>(List.of(
                "",
                " ",
                "''",
                "'",
                "'open",
                "a'b'c",
                "it's 'it's' its'",
                "'a''b'`c`\"d\"",
                "'a\nb'",
                "\"'\"'\"",
                "1'2'3",
                "-'2'-",
                "x1-y_2--z",
                "550e8400-e29b-41d4-a716-446655440000",
                "id-0001",
                "order-nasty-1order-nasty-1",
                "x".repeat(1500),
                "😀".repeat(999) + "12345",
                "é".repeat(199) + "'cut here'",
                "'" + "q".repeat(1200) + "'",
                "7".repeat(1500),
                "a-".repeat(600)));
        Random random = new Random(11);
        for (int i = 0; i < 200; i++) {
            errors.add(random.ints(1 + random.nextInt(30), 0, PARTS.length)
                    .mapToObj(part -> PARTS[part])
                    .collect(Collectors.joining()));
        }
        return List.copyOf(errors);
    }

    /** Of the instance with that error: some are in the error, some are too short to be removed. */
    public static String id(int number) {
        return switch (number % 5) {
            case 0 -> "order-nasty-" + number;
            case 1 -> "n" + number;
            case 2 -> "it's " + number;
            case 3 -> "'\\&$1é" + number;
            default -> "(?i)" + number;
        };
    }
}
