package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.MDC;

/** Says in SLF4J's MDC which task a thread is doing, so that each line that it logs meanwhile carries that. */
final class TaskLogContext {

    private TaskLogContext() {}

    /** Afterwards the MDC is as it was, whatever the work has left there. */
    static <T> T during(TaskClaim claim, Supplier<T> work) {
        Map<String, String> before = MDC.getCopyOfContextMap();
        try {
            MDC.put("sayiir.instance.id", claim.instanceId());
            MDC.put("sayiir.workflow", claim.definitionHash());
            MDC.put("sayiir.task", claim.taskId());
            MDC.put("sayiir.attempt", String.valueOf(claim.attempt()));
            return work.get();
        } finally {
            if (before == null) {
                MDC.clear();
            } else {
                MDC.setContextMap(before);
            }
        }
    }
}
