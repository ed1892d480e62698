package dev.sayiir.postgres.autoconfigure;

import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Conditional;

/** Whether the backend is to have a connection pool of its own. */
final class OwnPoolCondition extends AnyNestedCondition {

    OwnPoolCondition() {
        super(ConfigurationPhase.REGISTER_BEAN);
    }

    @Conditional(OwnUrlCondition.class)
    static final class UrlIsSet {}

    @ConditionalOnBean(SayiirConnectionDetails.class)
    static final class ConnectionDetailsAreGiven {}
}
