package dev.sayiir.worker;

/**
 * What came out of a task is of no use any more: somebody else has the task, or its instance is finished or gone.
 *
 * @param why says which of these
 */
record Dropped(String why) implements Ending {}
