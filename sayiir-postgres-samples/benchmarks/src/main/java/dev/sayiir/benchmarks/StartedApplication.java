package dev.sayiir.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.jdbc.core.JdbcTemplate;

/** An application that asks its database for something when it starts, as most do. It stops as soon as it has started. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class StartedApplication {

    /** What the line with the result begins with. */
    static final String STARTED = "started, wall clock and CPU time in nanoseconds: ";

    /** Made by Spring. */
    public StartedApplication() {}

    /** What the application has to know of its database. */
    record ServerName(String name) {}

    @Bean
    ServerName serverName(JdbcTemplate jdbc) {
        return new ServerName(String.valueOf(jdbc.queryForObject("SELECT current_database()", String.class)));
    }

    /**
     * Starts it, says how long that took, and stops it.
     *
     * @param args properties of the application
     */
    public static void main(String[] args) {
        long begin = System.nanoTime();
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        SpringApplication application = new SpringApplication(StartedApplication.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        application.setBannerMode(Banner.Mode.OFF);
        try (ConfigurableApplicationContext context = application.run(args)) {
            long nanos = System.nanoTime() - begin;
            context.getBean(ServerName.class);
            System.out.println(STARTED + nanos + " " + system.getProcessCpuTime());
        }
    }
}
