package dev.sayiir.benchmarks;

import java.util.SplittableRandom;

/** Content that cannot be compressed away. */
final class Bytes {

    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

    private Bytes() {}

    /** The same bytes in every run. */
    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new SplittableRandom(size).nextBytes(bytes);
        return bytes;
    }

    /** Text that takes so many bytes as a JSON string, quotes included. */
    static String jsonText(int size) {
        SplittableRandom random = new SplittableRandom(size);
        StringBuilder text = new StringBuilder();
        while (text.length() < size - 2) {
            text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return text.toString();
    }
}
