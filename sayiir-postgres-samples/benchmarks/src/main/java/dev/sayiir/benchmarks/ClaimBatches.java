package dev.sayiir.benchmarks;

import dev.sayiir.persistence.ClaimQuery;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** {@code claimAvailableTasks} in batches of 16, with the instances that it hands out. A call is a batch. */
final class ClaimBatches implements Workload {

    private static final int BATCH = 16;

    /** To make what is claimed takes longer than to claim it. */
    private static final int SHARE = 4;

    @Override
    public String name() {
        return "claimAvailableTasks";
    }

    @Override
    public String unit() {
        return "task";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int batches = Math.max(load.concurrency(), load.portions(BATCH * SHARE));
        Instances.start(target, load, name(), batches * BATCH);
        AtomicInteger workers = new AtomicInteger();
        return new ClosedLoop(load, batches, (number, timer) -> {
            ClaimQuery query = ClaimQuery.of("benchmarks-" + workers.incrementAndGet(), BATCH, Instances.CLAIM)
                    .definitions(Set.of(name()));
            int[] claimed = {0};
            timer.time(() ->
                    claimed[0] = target.backend().claimAvailableTasks(query).size());
            return claimed[0];
        });
    }
}
