package dev.sayiir.worker;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * What came out of a task is of no use any more: somebody else has the task, or its instance is finished or gone.
 *
 * @param why says which of these
 * @param ifHeld what comes of the task if the worker has it all the same, since the handler itself did that in the transaction
 *     which was rolled back; empty if it is known that it has not
 */
record Dropped(String why, Optional<Supplier<Ending>> ifHeld) implements Ending {}
