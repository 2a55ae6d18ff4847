package Cpanel::Template;

# Stand-in: as much of Template Toolkit as a wrapper page needs.  What it does not know, it refuses.

use strict;
use warnings;

my $TEMPLATES = '/usr/local/cpanel/whostmgr/docroot/templates';

sub process_template {
    my ( $service, $view ) = @_;

    die "unknown service $service\n" if $service ne 'whostmgr';
    my $text = slurp("$TEMPLATES/$view->{'template_file'}");
    my %known = ( USE => qr/\AUSE \w+;\s*/, WRAPPER => qr/\AWRAPPER '([\w.\/]+)'(.*)\z/s );

    $text =~ s/\A\s*\[%(.*?)%\]//s or die "no head\n";
    my $head = $1;
    $head =~ s/\A\s+|\s+\z//g;
    1 while $head =~ s/$known{'USE'}//;
    $head =~ $known{'WRAPPER'} or die "no WRAPPER\n";
    die "unknown wrapper $1\n" if $1 ne 'master_templates/master.tmpl';
    my ($title) = $2 =~ /header = '([^']*)'/;
    $text =~ s/\[%\s*END\s*%\]\s*\z// or die "no END\n";
    $text =~ s/\[%\s*(\w+)\s*%\]/defined $view->{$1} ? $view->{$1} : die "no value $1\n"/ge;
    die "unknown directive\n" if $text =~ /\[%/ && $text !~ /\Q$view->{'asg_fragment'}\E/;

    my $master = slurp("$TEMPLATES/master_templates/master.tmpl");
    $master =~ s/\{\{title\}\}/$title/g;
    $master =~ s/\{\{user\}\}/$ENV{'REMOTE_USER'}/g;
    $master =~ s/\{\{content\}\}/$text/;
    print $master;
    return 1;
}

sub slurp {
    my ($path) = @_;

    open( my $file, '<', $path ) or die "$path: $!\n";
    local $/ = undef;
    return scalar <$file>;
}

1;
