#!/usr/local/cpanel/3rdparty/bin/perl
# WHM's door to the backend.  cpsrvd runs it as root for whoever is signed in, so the first thing it does, before
# anything of the request is read, is to ask the panel what this person may; only then the request is handed on.
#
# What is handed on is the request and two facts: the login, and "admin" or "reseller".  Which accounts a reseller
# has is asked by the backend from the panel, never taken from here.  A page comes back as a fragment and is drawn in
# WHM's own template; everything else goes out as it came.

use strict;
use warnings;

use lib '/usr/local/cpanel';
require Whostmgr::ACLS;

my $PROGRAM    = '/usr/bin/antispam-guide';
my $ACL        = 'software-AntiSpamGuide';
my $PLACE      = '/cgi/anti_spam_guide/';
my $ANSWER_MAX = 16 * 1024 * 1024;

# What the backend reads of a request; nothing else leaves this program.
my @PASSED = qw(REQUEST_METHOD QUERY_STRING CONTENT_TYPE CONTENT_LENGTH SCRIPT_NAME PATH_INFO REQUEST_URI REMOTE_ADDR
    HTTP_ACCEPT HTTP_ACCEPT_LANGUAGE HTTP_X_CSRF_TOKEN HTTP_ORIGIN HTTP_HOST HTTP_IF_NONE_MATCH cp_security_token);

my %WORDS = (
    en => {
        denied      => 'You may not use the Anti-Spam Guide. The server administrator can allow it: WHM, Edit Reseller Nameservers and Privileges, Third Party Services.',
        too_large   => 'What you sent is larger than the Anti-Spam Guide accepts.',
        not_understood => 'The Anti-Spam Guide did not understand this request. Go back and try again.',
        unavailable => 'The Anti-Spam Guide service on this server does not answer at the moment. Please try again in a minute. If this stays, the administrator can start the service antispam-guide.',
    },
    es => {
        denied      => 'No tiene permiso para usar la Guía antispam. El administrador del servidor puede concederlo: WHM, Edit Reseller Nameservers and Privileges, Third Party Services.',
        too_large   => 'Lo que ha enviado es más grande de lo que admite la Guía antispam.',
        not_understood => 'La Guía antispam no entendió esta petición. Vuelva atrás e inténtelo de nuevo.',
        unavailable => 'El servicio de la Guía antispam de este servidor no responde en este momento. Inténtelo de nuevo dentro de un minuto. Si sigue así, el administrador puede iniciar el servicio antispam-guide.',
    },
);

# What the relay says without a word of its own: the backend was not reached, or never asked.
my %SILENT = ( 400 => 'not_understood', 403 => 'denied', 413 => 'too_large', 503 => 'unavailable' );

exit main();

sub main {
    my ( $login, $role ) = who();

    return refuse() if !defined $role;
    my $answer = relay( $login, $role );
    return plain( '503 Service Unavailable', word('unavailable') ) if !defined $answer;

    my ( $fields, $head, $body ) = split_answer($answer);
    my $status = defined $fields->{'status'} ? $fields->{'status'} : '';

    return plain( $status, word( $SILENT{$1} ) ) if $body eq '' && $status =~ /\A([0-9]{3})\b/ && $SILENT{$1};
    return show( $fields, $head, $body );
}

# The one place where it is decided: nobody, a reseller with our ACL, or an administrator.
sub who {
    my $login = $ENV{'REMOTE_USER'};

    return if !defined $login || $login !~ /\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z/;
    Whostmgr::ACLS::init_acls();
    return ( $login, 'admin' )    if Whostmgr::ACLS::hasroot();
    return ( $login, 'reseller' ) if Whostmgr::ACLS::checkacl($ACL);
    return;
}

# --- the backend ----------------------------------------------------------------------------------------------------

# What the relay wrote, or undef when it could not.
sub relay {
    my ( $login, $role ) = @_;
    my $answer = '';
    my $pid    = open( my $from, '-|' );

    return if !defined $pid;
    if ( $pid == 0 ) {
        run_relay( $login, $role );
        exit 127;
    }
    binmode $from;
    while ( length $answer <= $ANSWER_MAX ) {
        my $got = read( $from, $answer, 65536, length $answer );
        last if !$got;
    }
    close $from;
    return length $answer > $ANSWER_MAX || $answer eq '' ? undef : $answer;
}

# Our own standard input is the request's body.
sub run_relay {
    my ( $login, $role ) = @_;
    my %passed = map { defined $ENV{$_} ? ( $_ => $ENV{$_} ) : () } @PASSED;

    %ENV = ( %passed, PATH => '/usr/bin:/bin', ASG_LOGIN => $login, ASG_ROLE => $role, ASG_FRAME => 'panel' );
    no warnings 'exec';
    exec {$PROGRAM} ( 'antispam-guide', 'cgi', '--admin' );
    return;
}

# Head and body; the head's lines by name, in lower case.
sub split_answer {
    my ($answer) = @_;
    my ( $head, $body ) = split /\r?\n\r?\n/, $answer, 2;
    my %fields;

    for my $line ( split /\r?\n/, $head ) {
        my ( $name, $value ) = split /:\s*/, $line, 2;
        $fields{ lc $name } = $value if defined $value;
    }
    return ( \%fields, $head, defined $body ? $body : '' );
}

# --- the browser ----------------------------------------------------------------------------------------------------

# A page that nobody has framed yet is drawn in WHM's template.
sub show {
    my ( $fields, $head, $body ) = @_;
    my $type   = defined $fields->{'content-type'} ? $fields->{'content-type'} : '';
    my $routed = defined $ENV{'QUERY_STRING'} && $ENV{'QUERY_STRING'} =~ /\Aroute=/;

    binmode STDOUT;
    if ( $routed || defined $fields->{'location'} || $type !~ m{\Atext/html\b}i ) {
        $head =~ s/\r?\n/\r\n/g;
        print $head, "\r\n\r\n", $body;
        return 0;
    }
    my $status = defined $fields->{'status'} ? $fields->{'status'} : '200 OK';
    print "Status: $status\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n",
        "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\n\r\n";
    return page( $fields->{'x-antispam-guide-title'}, $body );
}

sub page {
    my ( $title, $fragment ) = @_;
    my $token = defined $ENV{'cp_security_token'} && $ENV{'cp_security_token'} =~ m{\A(/cpsess[0-9]+)\z} ? $1 : '';
    my %view  = (
        template_file => 'anti_spam_guide/main.tmpl',
        print         => 1,
        app_key       => 'anti_spam_guide',
        icon          => 'anti_spam_guide.png',
        asg_title     => defined $title ? html($title) : 'Anti-Spam Guide',
        asg_place     => $token . $PLACE,
        asg_fragment  => $fragment,
    );

    # the fragment's own links to style and script name a path that WHM need not serve; the template has them
    $view{'asg_fragment'} =~ s{<link\b[^>]*>|<script\b[^>]*></script>}{}g;
    return 0 if eval {
        require Cpanel::Template;
        Cpanel::Template::process_template( 'whostmgr', \%view );
        1;
    };
    print STDERR "antispam-guide: WHM's template could not be used: $@";
    print $fragment;
    return 0;
}

sub html {
    my ($text) = @_;
    my %as = ( '&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', q{'} => '&#39;' );

    $text =~ s/([&<>"'])/$as{$1}/g;
    return $text;
}

sub refuse {
    return plain( '403 Forbidden', word('denied') );
}

sub plain {
    my ( $status, $text ) = @_;

    binmode STDOUT;
    print "Status: $status\r\nContent-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n\r\n$text\n";
    return 0;
}

sub word {
    my ($which) = @_;
    my $language = defined $ENV{'HTTP_ACCEPT_LANGUAGE'} && $ENV{'HTTP_ACCEPT_LANGUAGE'} =~ /\Aes\b/i ? 'es' : 'en';

    return $WORDS{$language}{$which};
}
