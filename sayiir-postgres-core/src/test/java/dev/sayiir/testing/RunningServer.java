package dev.sayiir.testing;

/** A server that is up, wherever it comes from. */
interface RunningServer extends AutoCloseable {

    String url(String database);

    String username();

    String password();

    /** Stops it; its data is lost. */
    @Override
    void close();
}
