package dev.sayiir.samples.orders;

import java.util.function.Consumer;

/** Ends the process at once when a number of steps have done their work: no finally, no shutdown hook, no last save. */
final class PowerCut implements Consumer<Effect> {

    /** What the parent of a process sees after {@code kill -9}. */
    static final int EXIT_CODE = 137;

    private int stepsLeft;

    PowerCut(int afterSteps) {
        this.stepsLeft = afterSteps;
    }

    @Override
    public void accept(Effect effect) {
        stepsLeft--;
        if (stepsLeft == 0) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
