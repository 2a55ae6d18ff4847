package Cpanel::Config::ConfigObj::Driver::AntiSpamGuide::META;

use strict;
use warnings;

our $VERSION = 1.0;

sub spec_version { return 1 }
sub meta_version { return 1 }

sub get_driver_name { return 'AntiSpamGuide_driver' }

sub content {
    my ($locale) = @_;
    my $abstract = 'Anti-Spam Guide: why mail lands in spam or bounces, and how to put it right.';

    return {
        vendor => 'Anti-Spam Guide maintainers',
        url    => '',
        name   => {
            short  => 'Anti-Spam Guide',
            long   => 'Anti-Spam Guide',
            driver => get_driver_name(),
        },
        since    => 'cPanel 110',
        abstract => $abstract,
        version  => $VERSION,
    };
}

sub showcase { return }

1;
