package dev.sayiir.postgres.autoconfigure;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the claims on tasks.
 *
 * @param ttl Time after which another worker may take over the task of one that has died.
 * @param heartbeat Time between two renewals of the claims, at which cancels are noticed as well.
 */
@ConfigurationProperties("sayiir.postgres.claims")
record SayiirClaimsProperties(
        @DefaultValue("1m") Duration ttl,
        @DefaultValue("20s") Duration heartbeat) {}
