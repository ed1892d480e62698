package dev.sayiir.postgres.autoconfigure;

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.jdbc.EmbeddedDatabaseConnection;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

/** Whether there is nothing from which Spring Boot could make the application's DataSource: no URL, nothing embedded. */
final class NoDataSourceSettingsCondition extends SpringBootCondition {

    static final String PROPERTY = "spring.datasource.url";

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        ConditionMessage.Builder message = ConditionMessage.forCondition("No DataSource settings");
        if (isSet(context.getEnvironment())) {
            return ConditionOutcome.noMatch(message.because(PROPERTY + " is set"));
        }
        EmbeddedDatabaseConnection embedded = EmbeddedDatabaseConnection.get(context.getClassLoader());
        return embedded == EmbeddedDatabaseConnection.NONE
                ? ConditionOutcome.match(message.because(PROPERTY + " is not set"))
                : ConditionOutcome.noMatch(message.found("embedded database").items(embedded));
    }

    static boolean isSet(Environment environment) {
        return StringUtils.hasText(environment.getProperty(PROPERTY));
    }
}
