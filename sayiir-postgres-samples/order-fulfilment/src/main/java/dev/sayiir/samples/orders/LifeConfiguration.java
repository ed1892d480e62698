package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SnapshotStore;
import java.util.function.Consumer;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** What a process needs that lives one of the lives. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("sample.life")
@EnableConfigurationProperties(RunSettings.class)
class LifeConfiguration {

    @Bean
    OrderProcess orderProcess(SnapshotStore store, RunSettings settings, Json json, JsonMapper mapper) {
        return new OrderProcess(store, new FulfilmentSteps(json, outsideWorld(settings, mapper)), json);
    }

    @Bean
    Life life(RunSettings settings, OrderCatalog catalog, OrderProcess process, Console console) {
        return new Life(settings, catalog, process, console);
    }

    private static Consumer<Effect> outsideWorld(RunSettings settings, JsonMapper mapper) {
        Journal journal = new Journal(settings.journal(), mapper);
        Consumer<Effect> keepJournal = effect -> journal.append(new Journal.Entry(settings.life(), effect));
        return settings.life() == 1 ? keepJournal.andThen(new PowerCut(settings.crashAfter())) : keepJournal;
    }
}
