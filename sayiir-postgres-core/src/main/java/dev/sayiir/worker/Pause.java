package dev.sayiir.worker;

import java.time.Duration;

/** Waits that grow. */
final class Pause {

    private final Duration longest;
    private Duration next;

    Pause(Duration first, Duration longest) {
        this.next = first;
        this.longest = longest;
    }

    void sleep() throws InterruptedException {
        Thread.sleep(next.toMillis());
        Duration longer = next.multipliedBy(2);
        next = longer.compareTo(longest) < 0 ? longer : longest;
    }
}
