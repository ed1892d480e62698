package dev.sayiir.samples.orders.demonstration;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** Standard output as UTF-8, whatever the platform's charset: customers have names of all sorts. */
final class Console {

    static final Charset CHARSET = StandardCharsets.UTF_8;

    private final PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, CHARSET);

    void line(String text) {
        out.println(text);
    }
}
