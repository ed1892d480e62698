package dev.sayiir.samples.orders.demonstration;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** Where a user reads what happens. */
record Console(PrintStream out) {

    /** Standard output as UTF-8, whatever the platform's charset: customers have names of all sorts. */
    static Console ofProcess() {
        return new Console(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
    }

    void line(String text) {
        out.println(text);
    }
}
