package dev.sayiir.benchmarks;

/** A single instance of many steps, which no other work keeps waiting and which shares nothing with others. */
final class OneChain implements Workload {

    /** How many steps it has. */
    static final int STEPS = 3_000;

    private static final Flow FLOW = Flows.chain("one-chain", STEPS);

    @Override
    public String name() {
        return FLOW.name();
    }

    @Override
    public String comparedWith() {
        return MinimalFloor.ONE_CHAIN;
    }

    @Override
    public String unit() {
        return "task";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        Instances.startAt(target, load, FLOW.name(), 1, FLOW.start());
        return new LocalWorker(target, FLOW, load, 1);
    }
}
