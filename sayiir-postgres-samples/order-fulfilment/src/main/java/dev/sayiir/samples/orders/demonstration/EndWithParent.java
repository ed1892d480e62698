package dev.sayiir.samples.orders.demonstration;

import java.io.IOException;

/** Lets a process end with the one that started it, however that ends, so that none is ever left over. */
final class EndWithParent {

    private EndWithParent() {}

    /** Watches the pipe that is this process's input: it breaks when its parent is gone. */
    static void watch() {
        Thread watch = new Thread(
                () -> {
                    waitForEnd();
                    Runtime.getRuntime().halt(1);
                },
                "end-with-parent");
        watch.setDaemon(true);
        watch.start();
    }

    private static void waitForEnd() {
        try {
            while (System.in.read() >= 0) {
                // The parent says nothing.
            }
        } catch (IOException e) {
            // The pipe is broken, and that is the sign.
        }
    }
}
