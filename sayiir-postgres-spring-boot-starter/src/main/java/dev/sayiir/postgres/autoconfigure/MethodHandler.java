package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.ReflectionUtils;

/** Calls a method that is marked with {@link WorkflowTask}. */
final class MethodHandler implements TaskHandler<Object> {

    private final Object bean;
    private final Method method;
    private final WorkflowTask task;
    private final Optional<Duration> timeout;
    private final Optional<RetryPolicy> retryPolicy;
    private final FailurePolicy failurePolicy;

    /** @param failures for what the method itself does not say */
    MethodHandler(Object bean, Method method, WorkflowTask task, FailurePolicy failures) {
        List<Class<?>> inputs = Arrays.stream(method.getParameterTypes())
                .filter(type -> type != TaskContext.class)
                .toList();
        if (inputs.size() > 1 || method.getReturnType() != TaskOutcome.class) {
            throw new IllegalStateException("The method " + method + " cannot do tasks '" + task.value()
                    + "'; it has to take one input, and a TaskContext if it likes, and to return a TaskOutcome");
        }
        this.bean = bean;
        this.method = method;
        this.task = task;
        this.timeout =
                Optional.of(task.timeout()).filter(text -> !text.isEmpty()).map(DurationStyle::detectAndParse);
        this.retryPolicy = Optional.of(task).filter(it -> it.maxRetries() > 0).map(MethodHandler::policy);
        this.failurePolicy = policy(task, failures);
        ReflectionUtils.makeAccessible(method);
    }

    private static RetryPolicy policy(WorkflowTask task) {
        return new RetryPolicy(
                task.maxRetries(),
                DurationStyle.detectAndParse(task.retryDelay()),
                task.backoffMultiplier(),
                Optional.of(DurationStyle.detectAndParse(task.maxRetryDelay())));
    }

    private static FailurePolicy policy(WorkflowTask task, FailurePolicy failures) {
        FailurePolicy policy = failures;
        if (task.retryFor().length > 0) {
            policy = policy.retryFor(Set.copyOf(List.of(task.retryFor())));
        }
        if (task.noRetryFor().length > 0) {
            policy = policy.noRetryFor(Set.copyOf(List.of(task.noRetryFor())));
        }
        if (task.onExhausted().length > 1
                || (task.onExhausted().length > 0 && !task.orElse().isEmpty())) {
            throw new IllegalStateException("The method of task '" + task.value()
                    + "' says more than one thing that becomes of it when it has failed; choose one");
        } else if (task.onExhausted().length > 0) {
            policy = policy.onExhausted(task.onExhausted()[0]);
        }
        if (!task.orElse().isEmpty()) {
            policy = policy.orElse(task.orElse());
        }
        return task.crashLimit() == 0 ? policy : policy.crashLimit(task.crashLimit());
    }

    @Override
    public String taskId() {
        return task.value();
    }

    @Override
    public Type inputType() {
        return Arrays.stream(method.getGenericParameterTypes())
                .filter(type -> type != TaskContext.class)
                .findFirst()
                .orElse(Payload.class);
    }

    @Override
    public Optional<Duration> timeout() {
        return timeout;
    }

    @Override
    public Optional<RetryPolicy> retryPolicy() {
        return retryPolicy;
    }

    @Override
    public Optional<FailurePolicy> failurePolicy() {
        return Optional.of(failurePolicy);
    }

    @Override
    public boolean isTransactional() {
        return task.transactional();
    }

    /** With the annotations of the class that has it, whatever the bean is wrapped in. */
    Method method() {
        return method;
    }

    Object bean() {
        return bean;
    }

    @Override
    public TaskOutcome handle(Object input, TaskContext context) throws Exception {
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(type -> type == TaskContext.class ? context : input)
                .toArray();
        try {
            return (TaskOutcome) method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            ReflectionUtils.rethrowException(e.getTargetException());
            throw new AssertionError(e);
        }
    }
}
