package dev.sayiir.samples.orders.demonstration;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.core.env.SimpleCommandLinePropertySource;

/**
 * What can be said on the command line.
 *
 * @param serve whether to run the application, and no demonstration
 * @param endWithParent whether this process is to end with the one that started it
 * @param workers how many worker processes there are at a time
 * @param seconds for how long orders are placed
 * @param killEvery how often a worker is killed
 * @param killServer whether the database server is killed and started again half-way
 * @param cutEvery how often all connections to the database are cut, if they are
 * @param springArguments the other arguments, which are Spring Boot's
 */
record Options(
        boolean serve,
        boolean endWithParent,
        int workers,
        int seconds,
        Duration killEvery,
        boolean killServer,
        Optional<Duration> cutEvery,
        List<String> springArguments) {

    /** Nothing was said. */
    static final Options DEFAULTS =
            new Options(false, false, 3, 20, Duration.ofSeconds(3), false, Optional.empty(), List.of());

    private static final Set<String> NAMES = new TreeSet<>(
            Set.of("serve", "end-with-parent", "workers", "seconds", "kill-every", "kill-server", "cut-every"));

    /** @throws IllegalArgumentException if a number or a time is out of its range */
    Options {
        requireBetween(1, 20, "workers", workers);
        requireBetween(1, 86_400, "seconds", seconds);
        requireTime("kill-every", killEvery);
        cutEvery.ifPresent(time -> requireTime("cut-every", time));
        springArguments = List.copyOf(springArguments);
    }

    /** @throws IllegalArgumentException if there is no such option, or a value cannot be understood */
    static Options parse(String... arguments) {
        SimpleCommandLinePropertySource source = new SimpleCommandLinePropertySource(arguments);
        for (String name : source.getPropertyNames()) {
            if (!NAMES.contains(name) && !name.contains(".")) {
                throw new IllegalArgumentException("There is no option --" + name + "; there are " + NAMES
                        + " and Spring Boot's properties, which have a dot in their names");
            }
        }
        return new Options(
                isSet(source, "serve"),
                isSet(source, "end-with-parent"),
                number("workers", source.getProperty("workers"), DEFAULTS.workers),
                number("seconds", source.getProperty("seconds"), DEFAULTS.seconds),
                time("kill-every", source.getProperty("kill-every")).orElse(DEFAULTS.killEvery),
                isSet(source, "kill-server"),
                time("cut-every", source.getProperty("cut-every")),
                List.of(arguments).stream()
                        .filter(argument -> !NAMES.contains(name(argument)))
                        .toList());
    }

    /** Spring Boot's arguments with these properties in place of whatever was said of them. */
    List<String> withSpring(Map<String, String> properties) {
        return Stream.concat(
                        springArguments.stream().filter(argument -> !properties.containsKey(name(argument))),
                        properties.entrySet().stream().map(entry -> "--" + entry.getKey() + "=" + entry.getValue()))
                .toList();
    }

    /** The name of the option in an argument, such as {@code workers} in {@code --workers=3}. */
    static String name(String argument) {
        int end = argument.indexOf('=');
        return argument.substring(argument.startsWith("--") ? 2 : 0, end < 0 ? argument.length() : end);
    }

    private static boolean isSet(SimpleCommandLinePropertySource source, String name) {
        String value = source.getProperty(name);
        return value != null && !value.equals("false");
    }

    private static int number(String name, @Nullable String value, int otherwise) {
        try {
            return value == null ? otherwise : Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("--" + name + "=" + value + " is not a number", e);
        }
    }

    private static Optional<Duration> time(String name, @Nullable String value) {
        try {
            return Optional.ofNullable(value).map(DurationStyle::detectAndParse);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--" + name + "=" + value + " is not a time, such as 5s or 500ms", e);
        }
    }

    private static void requireBetween(int least, int most, String name, int value) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("--" + name + "=" + value + " is not from " + least + " to " + most);
        }
    }

    private static void requireTime(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException("--" + name + " has to be more than nothing");
        }
    }
}
