package dev.sayiir.benchmarks;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.HdrHistogram.Recorder;

/** {@code commitTask} on instances that have so many results already. */
final class LateSteps implements Workload {

    private static final int STEPS = 100;

    private final int before;

    /** @param before how many tasks are done when the measured ones begin */
    LateSteps(int before) {
        this.before = before;
    }

    @Override
    public String name() {
        return "commitTask-after-" + before;
    }

    @Override
    public String unit() {
        return "step";
    }

    @Override
    public String comparedWith() {
        return before == 0 ? "" : new LateSteps(0).name();
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = Math.max(load.concurrency(), load.portions(10 * STEPS));
        Instances.start(target, load, name(), instances);
        List<ClaimedTask> claimed = target.backend()
                .claimAvailableTasks(
                        ClaimQuery.of("benchmarks", instances, Instances.CLAIM).definitions(Set.of(name())));
        List<CommitTask.Commits> commits = Stream.iterate(0, i -> i + 1)
                .limit(instances)
                .map(i -> new CommitTask.Commits(target.backend(), claimed.get(i)))
                .toList();
        try (ClosedLoop first = steps(load, commits, 0, before)) {
            first.run(new Recorder(1));
        }
        return steps(load, commits, before, before + STEPS);
    }

    private static ClosedLoop steps(Load load, List<CommitTask.Commits> commits, int from, int to) {
        return new ClosedLoop(load, commits.size(), (number, timer) -> {
            commits.get(number).run(from, to, timer);
            return to - from;
        });
    }
}
