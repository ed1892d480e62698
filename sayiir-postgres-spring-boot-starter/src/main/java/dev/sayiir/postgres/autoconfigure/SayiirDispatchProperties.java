package dev.sayiir.postgres.autoconfigure;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which of the due tasks come first.
 *
 * @param ageingInterval Time after which a waiting task counts as one priority level more urgent.
 */
@ConfigurationProperties("sayiir.postgres.dispatch")
record SayiirDispatchProperties(@DefaultValue("5m") Duration ageingInterval) {}
