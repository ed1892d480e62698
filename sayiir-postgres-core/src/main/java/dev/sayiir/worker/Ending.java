package dev.sayiir.worker;

/** What comes of a claimed task: a change of its instance, stored or to be stored, or that this call has not done it. */
sealed interface Ending permits Advance, StoredAlready, InDoubt, Refusal, Undone, Dropped {}
