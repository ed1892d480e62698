package dev.sayiir.worker;

import dev.sayiir.persistence.CommitResult.Stored;

/** What came out of a task was stored by the transaction of its handler. */
record StoredAlready(PendingCommit pending, Stored stored) implements Ending {}
