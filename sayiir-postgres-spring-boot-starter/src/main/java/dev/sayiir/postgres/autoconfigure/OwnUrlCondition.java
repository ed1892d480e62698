package dev.sayiir.postgres.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/** Whether there is a URL for a connection pool of the backend's own. One that is set to nothing does not count. */
final class OwnUrlCondition extends SpringBootCondition {

    static final String PROPERTY = "sayiir.postgres.url";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        boolean set = StringUtils.hasText(context.getEnvironment().getProperty(PROPERTY));
        return new ConditionOutcome(
                set, ConditionMessage.forCondition("Sayiir URL").because(PROPERTY + (set ? " is set" : " is not set")));
    }
}
