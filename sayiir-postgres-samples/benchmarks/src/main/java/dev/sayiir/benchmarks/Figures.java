package dev.sayiir.benchmarks;

/** {@code currentFigures}, which metrics ask for once in each refresh interval: one call after the other. */
final class Figures implements Workload {

    private static final int SHARE = 100;

    @Override
    public String name() {
        return "currentFigures";
    }

    @Override
    public String unit() {
        return "refresh";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        Instances.start(target, load, name(), load.portions(Steps.COUNT));
        return ClosedLoop.ofCalls(load.oneByOne(SHARE), () -> target.backend().currentFigures());
    }
}
