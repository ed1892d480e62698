package dev.sayiir.testing;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/** What is logged while it is open. */
public final class LogLines implements AutoCloseable {

    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>() {

        /** With the MDC of the thread that logs. */
        @Override
        protected void append(ILoggingEvent event) {
            event.prepareForDeferredProcessing();
            super.append(event);
        }
    };

    private LogLines(Logger logger) {
        this.logger = logger;
        appender.start();
        logger.addAppender(appender);
    }

    /**
     * @param packageName whose lines
     * @return the lines from now on
     */
    public static LogLines of(String packageName) {
        return new LogLines((Logger) LoggerFactory.getLogger(packageName));
    }

    /** @return the lines so far, each with its level in front */
    public List<String> lines() {
        return List.copyOf(appender.list).stream()
                .map(event -> event.getLevel() + " " + event.getFormattedMessage())
                .toList();
    }

    /** @return those of them that come with a stack trace */
    public List<String> withTrace() {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getThrowableProxy() != null)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /**
     * @param part of the lines that are meant
     * @return what the MDC had with each of them
     */
    public List<Map<String, String>> contextsOf(String part) {
        return List.copyOf(appender.list).stream()
                .filter(event -> event.getFormattedMessage().contains(part))
                .map(ILoggingEvent::getMDCPropertyMap)
                .toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        appender.stop();
    }
}
