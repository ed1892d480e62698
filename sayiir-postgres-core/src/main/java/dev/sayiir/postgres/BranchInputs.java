package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The inputs that the branches of a fork have of their own: one after the other in one value, so that each is stored once and
 * yet can be read without the others. They are in the order of the labels, each behind its length in four bytes.
 */
final class BranchInputs {

    /** Where in the value an input is, from 1 on as the server counts. */
    record Slice(long start, long bytes) {}

    private final List<Map.Entry<String, Payload>> inputs;

    private BranchInputs(List<Map.Entry<String, Payload>> inputs) {
        this.inputs = inputs;
    }

    static BranchInputs of(Optional<AtFork> fork) {
        return new BranchInputs(fork.stream()
                .flatMap(it -> it.branches().entrySet().stream())
                .filter(branch -> branch.getValue().input().isPresent())
                .sorted(Map.Entry.comparingByKey())
                .map(branch ->
                        Map.entry(branch.getKey(), branch.getValue().input().orElseThrow()))
                .toList());
    }

    long size() {
        return inputs.stream()
                .mapToLong(input -> Integer.BYTES + (long) input.getValue().size())
                .sum();
    }

    /** None if no branch has an input of its own. */
    byte @Nullable [] value() {
        if (inputs.isEmpty()) {
            return null;
        }
        ByteBuffer value = ByteBuffer.allocate(Math.toIntExact(size()));
        inputs.forEach(input ->
                value.putInt(input.getValue().size()).put(input.getValue().bytes()));
        return value.array();
    }

    /** By label. */
    Map<String, Slice> slices() {
        Map<String, Slice> slices = new LinkedHashMap<>();
        long start = 1;
        for (Map.Entry<String, Payload> input : inputs) {
            start += Integer.BYTES;
            slices.put(input.getKey(), new Slice(start, input.getValue().size()));
            start += input.getValue().size();
        }
        return slices;
    }

    /** The fork as it is in the control state: that a branch has an input of its own is all that is left of it. */
    static AtFork without(AtFork fork) {
        return withInputs(fork, (label, input) -> Payload.empty());
    }

    /** The same fork with its inputs again. */
    static AtFork restore(AtFork fork, byte[] value) {
        ByteBuffer rest = ByteBuffer.wrap(value);
        Map<String, Payload> byLabel = new LinkedHashMap<>();
        for (Map.Entry<String, Payload> input : of(Optional.of(fork)).inputs) {
            byLabel.put(input.getKey(), next(rest));
        }
        if (rest.hasRemaining()) {
            throw damaged();
        }
        return withInputs(fork, byLabel::getOrDefault);
    }

    private static Payload next(ByteBuffer rest) {
        int size = rest.remaining() < Integer.BYTES ? -1 : rest.getInt();
        if (size < 0 || size > rest.remaining()) {
            throw damaged();
        }
        byte[] bytes = new byte[size];
        rest.get(bytes);
        return Payload.of(bytes);
    }

    private static SnapshotSerializationException damaged() {
        return new SnapshotSerializationException(
                "The inputs of its branches are not those that its control state tells of."
                        + " Check that nothing else writes to these columns, or go back to an earlier version of it");
    }

    private static AtFork withInputs(AtFork fork, BiFunction<String, Payload, Payload> change) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        fork.branches()
                .forEach((label, branch) -> branches.put(
                        label, new Branch(branch.taskId(), branch.input().map(input -> change.apply(label, input)))));
        return new AtFork(fork.forkId(), fork.completedBranches(), fork.wakeAt(), branches, fork.afterTaskId());
    }
}
