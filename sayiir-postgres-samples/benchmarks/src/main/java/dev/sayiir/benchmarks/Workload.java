package dev.sayiir.benchmarks;

/** One thing that is measured. */
interface Workload {

    /** What it is called in options, table and JSON. */
    String name();

    /** What one operation is, such as {@code step}. */
    String unit();

    /**
     * Makes what the work needs. Not measured.
     *
     * @return the work, ready to begin
     * @throws Exception if it cannot be made
     */
    Work prepare(Target target, Load load) throws Exception;
}
