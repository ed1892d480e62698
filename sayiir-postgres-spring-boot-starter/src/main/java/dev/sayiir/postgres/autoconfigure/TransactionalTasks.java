package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.AnnotationTransactionAttributeSource;
import org.springframework.transaction.interceptor.TransactionAttribute;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Finds the transaction manager of transactional tasks. Refuses to start with one whose transactions the application's writes
 * would not be part of, and warns of handlers that seem to be meant to be transactional and are not.
 */
final class TransactionalTasks {

    private static final Logger log = LoggerFactory.getLogger(TransactionalTasks.class);
    private static final Method HANDLE =
            ClassUtils.getMethod(TaskHandler.class, "handle", Object.class, TaskContext.class);

    private final boolean sharesDataSource;
    private final BeanFactory beans;
    private final AnnotationTransactionAttributeSource attributes = new AnnotationTransactionAttributeSource(false);

    /**
     * @param sharesDataSource whether the application uses the same DataSource as the stores
     * @param beans has the backend and the transaction managers
     */
    TransactionalTasks(boolean sharesDataSource, BeanFactory beans) {
        this.sharesDataSource = sharesDataSource;
        this.beans = beans;
    }

    /** Empty if there is none, so that no task can be transactional. */
    Optional<PlatformTransactionManager> managerFor(List<TaskHandler<?>> handlers) {
        ObjectProvider<PlatformTransactionManager> managers = beans.getBeanProvider(PlatformTransactionManager.class);
        PostgresBackend backend = beans.getBeanProvider(PostgresBackend.class).getIfAvailable();
        if (backend != null) {
            handlers.stream()
                    .filter(TaskHandler::isTransactional)
                    .findFirst()
                    .ifPresent(
                            handler -> requireOneTransaction(handler.taskId(), backend.transactionManager(), managers));
        }
        Optional<PlatformTransactionManager> manager =
                Optional.ofNullable(backend == null ? managers.getIfUnique() : backend.transactionManager());
        handlers.forEach(handler -> warnIfForgotten(handler, manager));
        return manager;
    }

    private void requireOneTransaction(
            String taskId, PlatformTransactionManager manager, ObjectProvider<PlatformTransactionManager> managers) {
        if (!sharesDataSource) {
            throw new DataSourceSetupException(
                    "Task '" + taskId + "' is transactional, but workflows are kept in the connection pool of"
                            + " sayiir.postgres.url, and not in a DataSource that the application writes to: these would"
                            + " be two transactions.",
                    "Leave sayiir.postgres.url out to keep workflows in the application's DataSource, in a schema of"
                            + " their own; or leave out transactional.");
        }
        boolean isOfTheApplication = managers.stream().anyMatch(manager::equals);
        boolean hasOthers = managers.stream().findAny().isPresent()
                || beans.getBeanProvider(ReactiveTransactionManager.class).stream()
                        .findAny()
                        .isPresent();
        if (!isOfTheApplication && hasOthers) {
            throw new DataSourceSetupException(
                    "Task '" + taskId
                            + "' is transactional, but none of the application's transaction managers is known to"
                            + " manage the DataSource in which workflows are kept: these would be two transactions.",
                    "Mark the one that does with @SayiirTransactionManager. A reactive one cannot; leave out transactional"
                            + " then.");
        }
    }

    private void warnIfForgotten(TaskHandler<?> handler, Optional<PlatformTransactionManager> manager) {
        if (handler.isTransactional() || !sharesDataSource) {
            return;
        }
        TransactionAttribute attribute = attribute(handler);
        if (attribute != null && isJoining(attribute) && isOf(manager, attribute.getQualifier())) {
            log.warn(
                    "The handler of task '{}' is @Transactional, but the task is not: what it writes is committed before the"
                            + " task is, and written again when the task is done again. To commit both at once, {};"
                            + " if it is meant to be that way, set propagation = REQUIRES_NEW",
                    handler.taskId(),
                    handler instanceof MethodHandler
                            ? "write @WorkflowTask(value = \"" + handler.taskId() + "\", transactional = true)"
                            : "let its isTransactional() return true");
        }
    }

    private @Nullable TransactionAttribute attribute(TaskHandler<?> handler) {
        return handler instanceof MethodHandler marked
                ? attributes.getTransactionAttribute(marked.method(), AopUtils.getTargetClass(marked.bean()))
                : attributes.getTransactionAttribute(HANDLE, AopUtils.getTargetClass(handler));
    }

    private static boolean isJoining(TransactionAttribute attribute) {
        return attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_REQUIRED
                || attribute.getPropagationBehavior() == TransactionDefinition.PROPAGATION_NESTED;
    }

    /** Without a name it is of the application's main one, which has to be that one to be warned of. */
    private boolean isOf(Optional<PlatformTransactionManager> manager, @Nullable String qualifier) {
        ObjectProvider<PlatformTransactionManager> managers = beans.getBeanProvider(PlatformTransactionManager.class);
        PlatformTransactionManager used = StringUtils.hasText(qualifier)
                ? (beans.containsBean(qualifier) ? beans.getBean(qualifier, PlatformTransactionManager.class) : null)
                : managers.getIfUnique();
        return used != null && manager.filter(used::equals).isPresent();
    }
}
