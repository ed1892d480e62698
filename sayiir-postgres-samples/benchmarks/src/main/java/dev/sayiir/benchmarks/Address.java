package dev.sayiir.benchmarks;

/** How to connect to the server. */
record Address(String url, String user, String password) {

    @Override
    public String toString() {
        return url.replaceFirst("\\?.*", "") + " as " + user;
    }
}
