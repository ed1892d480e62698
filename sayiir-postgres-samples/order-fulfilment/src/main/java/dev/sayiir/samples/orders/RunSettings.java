package dev.sayiir.samples.orders;

import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * What the parent tells a life.
 *
 * @param run tells the instances of one run of the sample from those of another in the same database
 * @param life which life it is, counting from 1
 * @param journal the file that the outside world keeps
 * @param crashAfter how many steps the first life may do
 */
@ConfigurationProperties("sample")
record RunSettings(String run, int life, Path journal, int crashAfter) {

    String instanceId(Order order) {
        return instanceId(run, order);
    }

    static String instanceId(String run, Order order) {
        return run + "-order-" + order.id();
    }
}
