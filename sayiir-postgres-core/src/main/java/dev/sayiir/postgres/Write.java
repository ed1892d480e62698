package dev.sayiir.postgres;

import java.util.concurrent.ThreadLocalRandom;

/**
 * One thing that a caller wants written once, through all attempts at it. An attempt whose answer got lost may have been
 * carried out: the next one looks for its id before it writes anything.
 *
 * @param id drawn at random, stored with the checkpoint
 * @param repeated whether there has been an attempt before
 */
record Write(long id, boolean repeated) {

    static Write first() {
        return new Write(1 + ThreadLocalRandom.current().nextLong(Long.MAX_VALUE), false);
    }

    Write again() {
        return new Write(id, true);
    }
}
