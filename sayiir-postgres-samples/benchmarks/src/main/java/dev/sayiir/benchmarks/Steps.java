package dev.sayiir.benchmarks;

/** The workflow of ten steps, one after the other, that most workloads run. */
final class Steps {

    /** How many steps an instance has. */
    static final int COUNT = 10;

    /** The size of the input and of every output, as JSON. */
    static final int PAYLOAD_BYTES = 100;

    private Steps() {}

    /** @param step from 0 */
    static String id(int step) {
        return "step-" + step;
    }
}
