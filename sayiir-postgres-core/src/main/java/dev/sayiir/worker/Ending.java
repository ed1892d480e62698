package dev.sayiir.worker;

/** What comes of a claimed task: a change of its instance, or that this worker cannot do it. */
sealed interface Ending permits Advance, Refusal {}
