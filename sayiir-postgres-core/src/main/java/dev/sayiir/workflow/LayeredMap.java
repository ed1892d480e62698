package dev.sayiir.workflow;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A map that never changes: with another entry it is another map, which shares with the first what they have in common. There
 * may be thousands of entries and as many changes, so a change copies no more than the logarithm of their number on average:
 * entries are in layers, each at least twice as large as the one above it. What was put last is last.
 */
final class LayeredMap<V> {

    private static final LayeredMap<?> EMPTY = new LayeredMap<>(Map.of(), null, 0);

    /** Of what is no more in the map but still in a layer below, null. */
    private final Map<String, @Nullable V> top;

    private final @Nullable LayeredMap<V> below;
    private final int size;

    private LayeredMap(Map<String, @Nullable V> top, @Nullable LayeredMap<V> below, int size) {
        this.top = top;
        this.below = below;
        this.size = size;
    }

    @SuppressWarnings("unchecked") // it holds nothing
    static <V> LayeredMap<V> empty() {
        return (LayeredMap<V>) EMPTY;
    }

    static <V> LayeredMap<V> of(Map<String, V> entries) {
        return entries.isEmpty() ? empty() : new LayeredMap<>(new LinkedHashMap<>(entries), null, entries.size());
    }

    LayeredMap<V> with(String key, V value) {
        return changed(key, value, contains(key) ? size : size + 1);
    }

    LayeredMap<V> without(String key) {
        return contains(key) ? changed(key, null, size - 1) : this;
    }

    private LayeredMap<V> changed(String key, @Nullable V value, int newSize) {
        Map<String, @Nullable V> merged = new LinkedHashMap<>();
        merged.put(key, value);
        LayeredMap<V> rest = this;
        while (rest != null && rest.top.size() < 2 * merged.size()) {
            merged = merged(rest.top, merged);
            rest = rest.below;
        }
        if (rest == null) {
            merged.values().removeIf(it -> it == null);
        }
        return newSize == 0 ? empty() : new LayeredMap<>(merged, rest, newSize);
    }

    private static <V> Map<String, @Nullable V> merged(Map<String, @Nullable V> lower, Map<String, @Nullable V> upper) {
        Map<String, @Nullable V> both = new LinkedHashMap<>(lower);
        upper.forEach((key, value) -> {
            both.remove(key);
            both.put(key, value);
        });
        return both;
    }

    Optional<V> get(String key) {
        for (LayeredMap<V> layer = this; layer != null; layer = layer.below) {
            V value = layer.top.get(key);
            if (value != null || layer.top.containsKey(key)) {
                return Optional.ofNullable(value);
            }
        }
        return Optional.empty();
    }

    boolean contains(String key) {
        return get(key).isPresent();
    }

    int size() {
        return size;
    }

    /** All entries in their order, unmodifiable. A look-up in it costs no more than one here. */
    Map<String, V> asMap() {
        return new View();
    }

    @SuppressWarnings("NullAway") // what is null is taken out
    private Map<String, V> flattened() {
        if (below == null) {
            return Collections.unmodifiableMap(top);
        }
        Map<String, @Nullable V> all = new LinkedHashMap<>(below.flattened());
        all = merged(all, top);
        all.values().removeIf(it -> it == null);
        return Collections.unmodifiableMap(all);
    }

    private final class View extends AbstractMap<String, V> {

        @Override
        public Set<Entry<String, V>> entrySet() {
            return new AbstractSet<>() {

                @Override
                public Iterator<Entry<String, V>> iterator() {
                    return flattened().entrySet().iterator();
                }

                @Override
                public int size() {
                    return size;
                }
            };
        }

        @Override
        public @Nullable V get(Object key) {
            return key instanceof String text ? LayeredMap.this.get(text).orElse(null) : null;
        }

        @Override
        public boolean containsKey(Object key) {
            return key instanceof String text && contains(text);
        }
    }
}
