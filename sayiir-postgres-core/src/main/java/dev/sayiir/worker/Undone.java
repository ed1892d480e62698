package dev.sayiir.worker;

import java.time.Duration;

/** The task was not done for want of the store, or of a lock, which is no failure of its own: it is to be done again. */
record Undone() implements Ending {

    /** How long nobody is to have it. */
    static final Duration DELAY = Duration.ofSeconds(1);

    /** How often, before the task is blocked; a worker that stops and gives it back counts as well. */
    static final int MOST = 100;
}
