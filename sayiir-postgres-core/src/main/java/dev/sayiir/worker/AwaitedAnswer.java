package dev.sayiir.worker;

import dev.sayiir.persistence.CommitResult;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** What has become of a result, for a thread that waits for it. */
final class AwaitedAnswer implements ReadyResult.Answer {

    private final CompletableFuture<CommitResult> result = new CompletableFuture<>();

    @Override
    public void answered(CommitResult answer) {
        result.complete(answer);
    }

    @Override
    public void stopped() {
        result.cancel(false);
    }

    CommitResult get() throws InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e); // it is never completed by an exception
        } catch (CancellationException e) {
            throw new InterruptedException("The worker has stopped");
        }
    }
}
