package dev.sayiir.samples.orders.demonstration;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Asks a database that may be away at the moment, and says so once. */
final class Attempts {

    private static final int LAST_ATTEMPTS = 20;

    private final Console console;
    private boolean away;

    Attempts(Console console) {
        this.console = console;
    }

    /** Whether the database answered; if not, it is to be tried again later. */
    boolean of(Runnable work) {
        return ofWhether(() -> {
            work.run();
            return true;
        });
    }

    /** What the work says; or false if the database did not answer. */
    boolean ofWhether(BooleanSupplier work) {
        try {
            boolean done = work.getAsBoolean();
            away = false;
            return done;
        } catch (DataAccessException | TransactionException e) {
            if (!away) {
                console.line("      the database does not answer; trying again");
            }
            away = true;
            return false;
        }
    }

    /** The answer, at the latest after a number of attempts, for connections may be broken. */
    <T> T untilAnswered(Supplier<T> question) {
        @Nullable RuntimeException last = null;
        for (int attempt = 0; attempt < LAST_ATTEMPTS; attempt++) {
            try {
                return question.get();
            } catch (DataAccessException e) {
                last = e;
            }
        }
        throw new IllegalStateException("The database does not answer any more", last);
    }
}
