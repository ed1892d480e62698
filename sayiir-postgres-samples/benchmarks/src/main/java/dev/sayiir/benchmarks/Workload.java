package dev.sayiir.benchmarks;

/** One thing that is measured. */
interface Workload {

    /** What it is called in options, table and JSON. */
    String name();

    /** What one operation is, such as {@code step}. */
    String unit();

    /** The workload that its rate is compared with, besides the floors; empty if there is none. */
    default String comparedWith() {
        return "";
    }

    /** Whether what is in the stores may make a difference. */
    default boolean usesStores() {
        return true;
    }

    /**
     * Makes what the work needs. Not measured.
     *
     * @return the work, ready to begin
     * @throws Exception if it cannot be made
     */
    Work prepare(Target target, Load load) throws Exception;
}
