package dev.sayiir.codec;

/** Stands for a throwable whose message may quote a payload: keeps its class name and its stack trace only. */
final class WithoutMessage extends RuntimeException {

    private static final long serialVersionUID = 1L;

    WithoutMessage(Throwable original) {
        super(original.getClass().getName(), null, false, true);
        setStackTrace(original.getStackTrace());
    }

    /** The original's stack trace is set instead. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
